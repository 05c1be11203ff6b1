/** The OPA whose command line and language this is: what policies and scripts may rely on. */
export const opaVersion = "1.19.1";
