import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { allCapabilities } from "../../security-context/capabilities.ts";

/** linux/capability.h: VFS_CAP_REVISION_2, and its flag that what is permitted takes effect at once. */
const revision2 = 0x02000000;
const effectiveFlag = 1;

/**
 * A file's capabilities as `setcap` reads them, of the attribute security.capability: `cap_net_raw=ep`. Undefined where it is of a
 * user namespace's, or where reading the archive as text has lost bytes of it.
 */
export function capabilityText(attribute: string): string | undefined {
  const bytes = Buffer.from(attribute, "utf8");
  if (bytes.length !== 20 || attribute.includes("\uFFFD")) return undefined;
  const head = bytes.readUInt32LE(0);
  if ((head & 0xff000000) !== revision2) return undefined;
  const permitted = BigInt(bytes.readUInt32LE(4)) | (BigInt(bytes.readUInt32LE(12)) << 32n);
  const inheritable = BigInt(bytes.readUInt32LE(8)) | (BigInt(bytes.readUInt32LE(16)) << 32n);
  const flags = (bit: bigint) =>
    `${permitted & bit ? `${head & effectiveFlag ? "e" : ""}p` : ""}${inheritable & bit ? "i" : ""}`;
  const sets = allCapabilities.map((name, i) => [name.toLowerCase(), flags(1n << BigInt(i))] as const);
  return sets
    .filter(([, set]) => set !== "")
    .map(([name, set]) => `cap_${name}=${set}`)
    .join(" ");
}

/** Gives a file its capabilities by libcap's `setcap`. False where that is not there, or may not. */
export async function setFileCapabilities(place: string, attribute: string): Promise<boolean> {
  const text = capabilityText(attribute);
  if (text === undefined) return false;
  return await promisify(execFile)("setcap", [text, place], { timeout: 10_000 }).then(
    () => true,
    () => false,
  );
}
