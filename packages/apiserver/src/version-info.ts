/** What `/version` answers: the Kubernetes version that the API is compatible with. */
export function versionInfo(version: string): { readonly [field: string]: unknown } {
  return {
    major: "1",
    minor: "37",
    emulationMajor: "1",
    emulationMinor: "37",
    minCompatibilityMajor: "1",
    minCompatibilityMinor: "36",
    gitVersion: `v1.37.0+sallyport.${version}`,
    gitCommit: "",
    gitTreeState: "clean",
    buildDate: "",
    goVersion: "",
    compiler: "node",
    platform: "linux/amd64",
  };
}
