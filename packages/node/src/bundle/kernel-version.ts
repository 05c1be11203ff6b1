/** Whether a kernel, as `uname -r` tells it, is `wanted` (`4.15`) or newer. */
export function isKernelAtLeast(release: string, wanted: string): boolean {
  const [major = 0, minor = 0] = numbers(release);
  const [wantedMajor = 0, wantedMinor = 0] = numbers(wanted);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}

function numbers(version: string): readonly number[] {
  return version.split(".").map((each) => Number.parseInt(each, 10) || 0);
}
