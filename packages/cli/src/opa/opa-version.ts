/** The OPA whose command line and language this is: what policies and scripts may rely on. */
export const opaVersion = "1.19.1";

/** How Go calls this machine's architecture. */
const architecture = process.arch === "x64" ? "amd64" : process.arch;

/** How services know who asks them. */
export const userAgent = `Open-Policy-Agent/${opaVersion} (${process.platform}, ${architecture})`;
