import { open } from "node:fs/promises";

/** Of the protocol's header: its mark, and where the place of the version stands. */
const [markAt, placeAt, base] = [0x202, 0x20e, 0x200];
const [headBytes, versionBytes] = [0x210, 128];

/**
 * The version that a kernel's image for x86 tells of itself: its file may have another name, or none. Undefined for other files.
 * https://docs.kernel.org/arch/x86/boot.html
 */
export async function imageVersion(file: string): Promise<string | undefined> {
  const image = await open(file, "r");
  try {
    const head = Buffer.alloc(headBytes);
    await image.read(head, 0, headBytes, 0);
    if (head.toString("latin1", markAt, markAt + 4) !== "HdrS") return undefined;
    const text = Buffer.alloc(versionBytes);
    await image.read(text, 0, versionBytes, base + head.readUInt16LE(placeAt));
    return /^[\w.+~-]+/.exec(text.toString("latin1"))?.[0];
  } finally {
    await image.close();
  }
}
