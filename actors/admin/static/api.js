// Asking the server. The token goes along in a header, so no other site can use this browser: it sends nothing
// by itself. The neighbour of the process that serves this page is asked through it, under /at/<name>.

const GET_MILLISECONDS = 8_000;
const POST_MILLISECONDS = 25_000; // a restart waits for the next incarnation

export class WrongToken extends Error {}
export class Away extends Error {}
export class Refused extends Error {
  constructor(text, suggestions) {
    super(text);
    this.suggestions = suggestions ?? [];
  }
}

export class Api {
  constructor(token, operator) {
    // A header holds nothing but ASCII.
    this.headers = { Authorization: `Bearer ${ascii(token)}`, "X-Operator": ascii(operator) };
    this.own = null;
  }

  // Which process serves this page. To be asked first.
  async overview() {
    const overview = await this.#ask("/api/", {}, GET_MILLISECONDS);
    this.own = overview.process;
    return overview;
  }

  get(half, what, query = {}) {
    const given = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) for (const one of [value].flat()) given.append(name, one);
    const text = given.toString();
    return this.#ask(`${this.#base(half)}/api/${what}${text && "?"}${text}`, {}, GET_MILLISECONDS);
  }

  post(half, what, body) {
    const options = { method: "POST", body: JSON.stringify(body ?? {}) };
    return this.#ask(`${this.#base(half)}/api/${what}`, options, POST_MILLISECONDS);
  }

  #base(half) {
    return half === this.own ? "" : `/at/${half}`;
  }

  async #ask(url, options, milliseconds) {
    let response;
    let content;
    try {
      response = await fetch(url, {
        ...options,
        headers: { ...this.headers, ...(options.body && { "Content-Type": "application/json" }) },
        cache: "no-store",
        credentials: "omit",
        redirect: "error",
        signal: AbortSignal.timeout(milliseconds),
      });
      content = await response.json();
    } catch (error) {
      throw new Away(error.name === "TimeoutError" ? `no answer within ${milliseconds / 1000} s` : "no connection");
    }
    if (response.ok) return content;
    if (response.status === 401) throw new WrongToken(content.error);
    if (response.status === 502) throw new Away(content.error);
    throw new Refused(content.error ?? `answered ${response.status}`, content.suggestions);
  }
}

function ascii(text) {
  return text.trim().replace(/[^\x20-\x7e]/g, "?");
}
