// The operators' page: signing in, and out again. See `desk` for what comes in between.

import { Api, WrongToken } from "./api.js";
import { Desk } from "./desk.js";
import { byId, say } from "./dom.js";
import { forget, remember, remembered } from "./secret.js";

let desk = null;

async function enter(token, operator) {
  const api = new Api(token, operator);
  const overview = await api.overview();
  remember(token, operator);
  byId("token").value = "";
  byId("sign-in").hidden = true;
  byId("desk").hidden = false;
  desk = new Desk(api, overview, signOut);
}

// `why` is empty when the operator wanted it.
function signOut(why = "") {
  desk?.end();
  desk = null;
  forget();
  if (why) askForToken(why);
  else location.replace(location.pathname); // nothing of what was shown is left in this page
}

function askForToken(problem = "") {
  byId("desk").hidden = true;
  byId("sign-in").hidden = false;
  say(byId("sign-in-problem"), problem);
  byId("sign-in-problem").hidden = problem === "";
  byId("token").focus();
}

function told(error) {
  if (error instanceof WrongToken) return "This is not the token of this server. It is the line in admin.key in its data directory, or admin.token of its settings.";
  return `The server does not answer: ${error.message}.`;
}

byId("sign-in-form").onsubmit = async (event) => {
  event.preventDefault();
  const button = event.target.querySelector("button");
  button.disabled = true;
  try {
    await enter(byId("token").value, byId("operator-name").value);
  } catch (error) {
    if (desk !== null) throw error;
    byId("token").value = "";
    askForToken(told(error));
  } finally {
    button.disabled = false;
  }
};

const known = remembered();
if (known === null) askForToken();
else {
  enter(known.token, known.operator).catch((error) => {
    if (desk !== null) throw error;
    if (error instanceof WrongToken) forget();
    byId("operator-name").value = known.operator;
    askForToken(told(error));
  });
}
