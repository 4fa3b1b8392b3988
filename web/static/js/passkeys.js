// Passkeys: a form with [data-passkey] asks the browser for one and is sent with the answer. Shown only where it works.
const toBytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));

const toText = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

function readOptions(options) {
  const withBytes = (keys) => (keys ?? []).map((key) => ({ ...key, id: toBytes(key.id) }));
  const read = { ...options, challenge: toBytes(options.challenge) };
  if (options.user) read.user = { ...options.user, id: toBytes(options.user.id) };
  if (options.excludeCredentials) read.excludeCredentials = withBytes(options.excludeCredentials);
  if (options.allowCredentials) read.allowCredentials = withBytes(options.allowCredentials);
  return read;
}

function writeAnswer(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = toText(credential.response[name]);
  }
  return JSON.stringify({
    id: credential.id,
    rawId: toText(credential.rawId),
    type: credential.type,
    clientExtensionResults: credential.getClientExtensionResults(),
    response,
  });
}

async function ask(form) {
  const body = new URLSearchParams({ csrf_token: form.elements.csrf_token.value });
  const answer = await fetch(form.dataset.options, { method: "POST", body, redirect: "error" });
  if (!answer.ok) throw new Error(`${answer.status}`);
  const publicKey = readOptions(await answer.json());
  return navigator.credentials[form.dataset.passkey]({ publicKey });
}

export function usePasskeys(root) {
  if (!window.PublicKeyCredential) return;
  for (const form of root.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    for (const part of form.querySelectorAll("[data-passkey-ready]")) part.hidden = false;
    for (const part of form.querySelectorAll("[data-passkey-missing]")) part.hidden = true;
    let busy = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (busy) return;
      busy = true;
      const complaint = form.querySelector("[data-passkey-error]");
      complaint.hidden = true;
      try {
        form.elements.credential.value = writeAnswer(await ask(form));
        form.submit();
      } catch {
        // Cancelled, timed out, or no passkey at hand: the page offers the other ways.
        complaint.hidden = false;
        busy = false;
      }
    });
  }
}
