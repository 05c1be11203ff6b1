/** The bytes of each block of a PEM text with that label; what stands between is passed over. RFC 7468. */
export function pemBlocks(text: string, label: string): Buffer[] {
  const form = new RegExp(`-----BEGIN ${label}-----([A-Za-z0-9+/=\\s]*)-----END ${label}-----`, "g");
  return [...text.matchAll(form)].map(([, base64 = ""]) => Buffer.from(base64, "base64"));
}

/** One block. */
export function pemOf(der: Uint8Array, label: string): string {
  const lines = Buffer.from(der)
    .toString("base64")
    .replace(/.{64}(?=.)/g, "$&\n");
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}

export function certificatePem(der: Uint8Array): string {
  return pemOf(der, "CERTIFICATE");
}
