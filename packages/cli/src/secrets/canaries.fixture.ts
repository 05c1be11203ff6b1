/** Values that must be seen nowhere: one for each place that a secret can stand in, so that the one that is seen tells where from. */
export const canaries = {
  secretData: "canary-secret-data-7f3a",
  secretString: "canary-secret-string-19bd",
  badSecret: "canary-bad-secret-55e0",
  patchedSecret: "canary-patched-secret-c0de",
  encryptionKey: "canary-encryption-key-32-bytes-x",
  wrongEncryptionKey: "canary-wrong-encryption-key-3aa8",
  userToken: "canary-user-token-8d21",
  wrongToken: "canary-wrong-token-e6f4",
  passphrase: "canary-ring-passphrase-1a77",
  wrongPassphrase: "canary-wrong-passphrase-90cb",
  envValue: "canary-env-Zx81Qm42Lp07",
  storeValue: "canary-store-value-2c9e",
  storeToken: "canary-store-token-b3d5",
  fakeStore: "canary-fake-store-66aa",
  templateText: "canary-template-4f10",
  ageKey: "canary-age-key-7712",
  sealedValue: "canary-sealed-value-d4d4",
  vaultUrl: "canary-url-password-0b0b",
} as const;

/** As texts are found in outputs: as they are, in Base64 whatever stands before them, in hexadecimal, and as a part of a URL. */
export function formsOf(text: string): readonly string[] {
  const bytes = Buffer.from(text);
  const base64 = [0, 1, 2].map((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64");
    // The first characters hold what stands before, the last ones what stands behind.
    return encoded.slice(before === 0 ? 0 : before + 1, -4);
  });
  const url = base64.map((each) => each.replaceAll("+", "-").replaceAll("/", "_"));
  return [...new Set([text, ...base64, ...url, bytes.toString("hex")])];
}

/** The names of the canaries that can be seen in a text. */
export function seenIn(text: string): readonly string[] {
  const found = Object.entries(canaries).filter(([, value]) => formsOf(value).some((form) => text.includes(form)));
  return found.map(([name]) => name);
}
