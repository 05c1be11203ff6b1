// Apart from the rest of `identity`, as it holds gRPC, which a proxy with certificates in files has no memory for.
export { type AuthoritySourceOptions, authoritySource } from "./authority-source.ts";
export { AskFailed, type AuthorityAddress, askCertificate, type CertificateAsk } from "./certificate-client.ts";
