// Passkeys: has the browser make or show one, then sends what it answered as an ordinary form.
// form[data-passkey=create|get] with data-options (where the question comes from) and a hidden field "credential".
(() => {
  "use strict";
  const form = document.querySelector("form[data-passkey]");
  if (!form || !window.PublicKeyCredential) return;
  const one = (name) => document.querySelector(`[${name}]`);

  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const list = (keys) => (keys || []).map((key) => ({ ...key, id: bytes(key.id) }));

  const question = async () => {
    const answer = await fetch(form.dataset.options, { method: "POST", body: new URLSearchParams() });
    if (!answer.ok) throw new Error(answer.status);
    const asked = await answer.json();
    asked.challenge = bytes(asked.challenge);
    if (asked.user) asked.user.id = bytes(asked.user.id);
    if (asked.excludeCredentials) asked.excludeCredentials = list(asked.excludeCredentials);
    if (asked.allowCredentials) asked.allowCredentials = list(asked.allowCredentials);
    return asked;
  };

  const written = (made) => {
    const response = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (made.response[name]) response[name] = text(made.response[name]);
    }
    if (made.response.getTransports) response.transports = made.response.getTransports();
    return JSON.stringify({ id: made.id, rawId: text(made.rawId), type: made.type, response });
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    one("data-failed").hidden = true;
    button.disabled = true;
    try {
      form.elements.credential.value = written(await navigator.credentials[form.dataset.passkey]({ publicKey: await question() }));
      form.submit();
    } catch {
      one("data-failed").setAttribute("role", "alert");
      one("data-failed").hidden = false;
      button.disabled = false;
    }
  });

  form.hidden = false;
  one("data-without").hidden = true;
})();
