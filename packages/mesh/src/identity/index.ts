export type { CertificateSource, WorkloadCertificate } from "./workload-certificate.ts";
