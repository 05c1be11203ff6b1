import { ExternalSecretError } from "./external-secret.ts";

const block = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/g;

/** The blocks of one type, each as it stands. Throws `ExternalSecretError` for a text without any block. */
export function filterPem(type: string, text: string): string {
  const blocks = [...text.matchAll(block)];
  if (blocks.length === 0) throw new ExternalSecretError("template: filterPEM: the value has no block of PEM");
  return blocks
    .filter(([, each]) => each === type)
    .map(([whole]) => `${whole}\n`)
    .join("");
}
