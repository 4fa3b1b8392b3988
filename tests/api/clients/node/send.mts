// A program as a customer would write it against types made from our description.
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

declare const process: { argv: string[] };
const [baseUrl, key, idempotencyKey, phone] = process.argv.slice(2) as [string, string, string, string];

const client = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${key}` } });
// The least a recipient is: without variables.
const recipient: components["schemas"]["Recipient"] = { phone_number: phone };

const created = await client.POST("/campaigns", {
  params: { header: { "idempotency-key": idempotencyKey } },
  body: { name: "TypeScript", channel: "sms", sms_text: "明日です。", recipients: [recipient] },
});
if (created.error) throw new Error(created.error.code);
const path = { campaign_id: created.data.id };
const campaign = await client.GET("/campaigns/{campaign_id}", { params: { path } });
const messages = await client.GET("/campaigns/{campaign_id}/messages", { params: { path, query: { limit: 1 } } });
const refused = await client.GET("/campaigns", { params: { query: { cursor: "x" } } });
console.log(
  JSON.stringify({
    id: created.data.id,
    accepted: created.data.accepted,
    name: campaign.data?.name,
    phone_numbers: messages.data?.items.map((item) => item.phone_number),
    refused: refused.error?.code,
  }),
);
