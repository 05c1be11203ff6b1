export { formatSpiffeId, parseSpiffeId, type SpiffeId, SpiffeIdError, serviceAccountId } from "./spiffe-id.ts";
export type { SvidFault, SvidRule } from "./svid.ts";
export { type Bundles, type PeerFault, type PeerIdentity, validatePeer } from "./validate-peer.ts";
export type { CertificateSource, WorkloadCertificate } from "./workload-certificate.ts";
