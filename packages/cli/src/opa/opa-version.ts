import { goArchitecture } from "../go-architecture.ts";

/** The OPA whose command line and language this is: what policies and scripts may rely on. */
export const opaVersion = "1.19.1";

/** How services know who asks them. */
export const userAgent = `Open-Policy-Agent/${opaVersion} (${process.platform}, ${goArchitecture})`;
