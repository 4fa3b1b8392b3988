"""The operators' pages, one noun a file."""

from web.operator.routes import (
    account,
    audit,
    home,
    link_switch,
    links,
    login_ids,
    message_trace,
    operators,
    second_factor,
    sign_in,
)

OPERATOR_ROUTERS = (
    sign_in.router,
    second_factor.router,
    account.router,
    home.router,
    links.router,
    link_switch.router,
    login_ids.router,
    message_trace.router,
    operators.router,
    audit.router,
)
