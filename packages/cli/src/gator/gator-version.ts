/** The Gatekeeper whose command line and templates these are: what policies and scripts may rely on. */
export const gatorVersion = "v3.23.1";
