import { arch } from "node:os";

const names: { readonly [architecture: string]: string } = { x64: "amd64", ia32: "386" };

/** What Go calls this machine's architecture, and with it OPA and Kubernetes. */
export const goArchitecture: string = names[arch()] ?? arch();
