/** X.509 and PEM as Go reads them, for who must refuse what Go refuses, in its words. */
export { BuiltinError } from "./builtins/builtin.ts";
export { type PemBlock, pemBlocks } from "./builtins/pem.ts";
export { type Certificate, parseCertificate } from "./builtins/x509-certificate.ts";
export { checkKeyPair } from "./builtins/x509-key-pair.ts";
