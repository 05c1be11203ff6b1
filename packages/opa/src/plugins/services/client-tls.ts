import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { fieldOf, PluginConfigError, stringAt } from "../config-fields.ts";
import type { ClientCertificate, CredentialKind } from "./credentials.ts";

/**
 * `client_tls`: a certificate and its key, which may be encrypted. The files are read for each request, or once in
 * `cert_reread_interval_seconds`, as they may be renewed.
 */
export const clientTls: CredentialKind = (config, { now }) => {
  const [cert = "", key = ""] = [stringAt(config, "cert"), stringAt(config, "private_key")];
  if (cert === "") throw new PluginConfigError("client certificate is needed when client TLS is enabled");
  if (key === "") throw new PluginConfigError("private key is needed when client TLS is enabled");
  const passphrase = stringAt(config, "private_key_passphrase") ?? "";
  const seconds = fieldOf(config, "cert_reread_interval_seconds");
  const intervalMs = typeof seconds === "number" ? seconds * 1000 : 0;
  let known: ClientCertificate | undefined;
  let readAt = 0;
  const certificate = () => {
    if (known !== undefined && now() - readAt < intervalMs) return known;
    const fresh = readPair(cert, key, passphrase);
    known = fresh;
    readAt = now();
    return fresh;
  };
  return { headersOf: async () => ({}), certificate };
};

/** Both files, when they belong together. */
function readPair(certFile: string, keyFile: string, passphrase: string): ClientCertificate {
  const cert = readText("certificate", certFile);
  const key = readText("key", keyFile);
  if (key.includes("ENCRYPTED") && passphrase === "")
    throw new Error("client private key passphrase is needed, because the certificate is password encrypted");
  const options = passphrase === "" ? {} : { passphrase };
  if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey({ key, ...options })))
    throw new Error("failed to parse public/private key pair: private key does not match public key");
  return { cert, key, ...options };
}

function readText(what: string, file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new Error(`failed to read client ${what} file: ${(error as Error).message}`);
  }
}
