export type ServerAddress = { readonly host: string; readonly port: number } | { readonly path: string };

/** `localhost:8181`, `:8181`, `[::1]:8181`, `http://…`, `unix:///run/opa.sock`; the error is OPA's words for what is none. */
export function parseAddress(text: string): ServerAddress | { readonly error: string } {
  if (text.startsWith("unix://")) return { path: text.slice("unix://".length) };
  const authority = text.replace(/^https?:\/\//, "").replace(/\/$/, "");
  const match = /^(?:\[([^\]]+)\]|([^:]*)):(\d*)$/.exec(authority);
  if (match === null) return { error: `listen tcp: address ${authority}: missing port in address` };
  const [, literal, name = "", port] = match;
  if (Number(port) > 65_535) return { error: `listen tcp: address ${port}: invalid port` };
  // As Go, which prefers the older addresses: every client can reach them.
  const host = name === "localhost" ? "127.0.0.1" : name;
  return { host: literal ?? (host === "" ? "::" : host), port: Number(port) };
}
