/** The bytes of a standard base64 text, padded or not; undefined when it is none. */
export function bytesFromBase64(text: string): Uint8Array | undefined {
  const bare = text.replace(/=+$/, "");
  if (!/^[A-Za-z0-9+/]*$/.test(bare) || bare.length % 4 === 1) return undefined;
  if (bare.length !== text.length && text.length % 4 !== 0) return undefined;
  return Uint8Array.from(atob(bare), (letter) => letter.charCodeAt(0));
}

/** Standard base64 with padding. */
export function base64FromBytes(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}
