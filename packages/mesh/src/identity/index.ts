export { TokenRefused } from "../token-review.ts";
export { Authority, type AuthorityOptions } from "./authority/authority.ts";
export { AuthorityError } from "./authority/authority-state.ts";
export { AuthorityChanged, type AuthorityStore } from "./authority/authority-store.ts";
export { folderStore } from "./authority/folder-store.ts";
export type { IssuedLeaf, LeafRequest } from "./authority/leaf-issuer.ts";
export { RootConfigMaps, type RootConfigMapsOptions } from "./authority/root-config-maps.ts";
export { secretStore } from "./authority/secret-store.ts";
export { type FolderSourceOptions, folderSource } from "./client/folder-source.ts";
export { KeptCertificate, type WatchedSource } from "./client/kept-certificate.ts";
export {
  type CertificateDescription,
  CertificateTextError,
  describeCertificates,
  type FileDescription,
} from "./describe-certificate.ts";
export { reviewToken, type TokenHolder } from "./serving/account-token.ts";
export {
  type CertificateCall,
  type CertificateService,
  type CertificateServiceOptions,
  type ServingCertificate,
  serveCertificates,
} from "./serving/certificate-service.ts";
export { OwnServingCertificate } from "./serving/serving-certificate.ts";
export { serveWorkloadApi, type WorkloadApi } from "./serving/workload-api.ts";
export {
  formatSpiffeId,
  parseSpiffeId,
  type SpiffeId,
  SpiffeIdError,
  serviceAccountId,
  trustDomainFault,
} from "./spiffe-id.ts";
export type { SvidFault, SvidRule } from "./svid.ts";
export { type Bundles, type PeerFault, type PeerIdentity, validatePeer } from "./validate-peer.ts";
export type { CertificateSource, WorkloadCertificate } from "./workload-certificate.ts";
