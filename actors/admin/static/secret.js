// Where the token is between two loads of the page: in sessionStorage, which belongs to this tab and this
// address and ends with the tab. Not in a cookie, which browsers send by themselves, and not in the storage that
// outlasts the tab, where the next person at this machine would find it.

const KEY = "wyld.operator";

export function remember(token, operator) {
  try {
    sessionStorage.setItem(KEY, JSON.stringify({ token, operator }));
  } catch {
    // storage is off: signed in until the page is loaded again
  }
}

export function remembered() {
  try {
    const { token, operator } = JSON.parse(sessionStorage.getItem(KEY));
    return typeof token === "string" ? { token, operator: String(operator ?? "") } : null;
  } catch {
    return null;
  }
}

export function forget() {
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // as above
  }
}
