/** Which call the address names: `/desk#watch=SESSION`, with `&ticket=…` or `&key=…` where one is needed. Pure. */

export interface Place {
  session: string;
  ticket: string;
  key: string;
}

/** What stands behind the `#`, which no server sees. */
export function place(hash: string): Place {
  const said = new URLSearchParams(hash.replace(/^#/, ""));
  const of = (name: string) => said.get(name)?.trim() ?? "";
  return { session: of("watch"), ticket: of("ticket"), key: of("key") };
}

/** The same without what is a secret: it is not to stand in the address, nor in a picture of it. */
export function address(session: string): string {
  return session ? `#${new URLSearchParams({ watch: session })}` : "";
}
