/** Where `/v1/stream` is for a server's http(s) or ws(s) address. Throws TypeError when it is none. */
export function address(url: string): string {
  const full = new URL(url);
  full.protocol = full.protocol.replace(/^http/, "ws");
  full.hash = full.search = "";
  full.pathname = full.pathname.replace(/\/?(v1\/stream)?$/, "/v1/stream");
  return full.href;
}

/** A name that no other session has. */
export function randomName(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(2)), (value) => value.toString(36)).join("");
}
