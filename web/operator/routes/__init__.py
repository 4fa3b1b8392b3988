"""The operators' pages, one noun a file."""

from web.operator.routes import audit, home, link_switch, links, sign_in

OPERATOR_ROUTERS = (sign_in.router, home.router, links.router, link_switch.router, audit.router)
