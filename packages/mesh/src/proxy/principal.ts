const scheme = "spiffe://";

/** A SPIFFE ID without its scheme: how policies name who calls. */
export function principalOf(id: string): string {
  return id.slice(scheme.length);
}
