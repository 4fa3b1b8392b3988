"""A program as a customer would write it against a package made from our description."""

import json
import sys

from delivery_api.api.campaigns import create_campaign, get_campaign, list_campaign_messages, list_campaigns
from delivery_api.client import AuthenticatedClient
from delivery_api.models import (
    CampaignDetail,
    CampaignRequest,
    ChannelPlan,
    MessagePage,
    Problem,
    Recipient,
    RegisteredCampaign,
)

base_url, key, idempotency_key, phone = sys.argv[1:]
client = AuthenticatedClient(base_url=base_url, token=key)
request = CampaignRequest(
    name="Python", channel=ChannelPlan.SMS, sms_text="明日です。", recipients=[Recipient(phone_number=phone)]
)
created = create_campaign.sync(client=client, body=request, idempotency_key=idempotency_key)
if not isinstance(created, RegisteredCampaign):
    raise SystemExit(f"not registered: {created}")
campaign = get_campaign.sync(created.id, client=client)
messages = list_campaign_messages.sync(created.id, client=client, limit=1)
refused = list_campaigns.sync(client=client, cursor="x")
told = {
    "id": str(created.id),
    "accepted": created.accepted,
    "name": campaign.name if isinstance(campaign, CampaignDetail) else None,
    "phone_numbers": [item.phone_number for item in messages.items]
    if isinstance(messages, MessagePage)
    else None,
    "refused": refused.code.value if isinstance(refused, Problem) else None,
}
print(json.dumps(told))
