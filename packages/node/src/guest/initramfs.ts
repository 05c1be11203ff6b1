/** A file or folder of the first file system of a kernel. */
export interface ArchiveEntry {
  /** Without a slash at its start. */
  readonly path: string;
  /** With its kind, as stat(2) has it. */
  readonly mode: number;
  readonly data?: Uint8Array;
}

export const [folderMode, programMode, fileMode] = [0o40755, 0o100755, 0o100644];

const end = "TRAILER!!!";

/** A cpio archive of the kind "newc". https://docs.kernel.org/driver-api/early-userspace/buffer-format.html */
export function cpioArchive(entries: readonly ArchiveEntry[]): Buffer {
  const parts = [...entries, { path: end, mode: 0 }].flatMap((entry, i) => partsOf(entry, i + 1));
  return Buffer.concat(parts);
}

function partsOf({ path, mode, data = new Uint8Array() }: ArchiveEntry, inode: number): readonly Uint8Array[] {
  const name = Buffer.from(`${path}\0`);
  const [owner, group, links, time, device, check] = [0, 0, 1, 0, 0, 0];
  const fields = [
    inode,
    mode,
    owner,
    group,
    links,
    time,
    data.length,
    device,
    device,
    device,
    device,
    name.length,
    check,
  ];
  const head = Buffer.from(`070701${fields.map((each) => each.toString(16).padStart(8, "0")).join("")}`);
  return [head, name, padding(head.length + name.length), data, padding(data.length)];
}

/** Up to a multiple of four bytes. */
function padding(length: number): Uint8Array {
  return new Uint8Array((4 - (length % 4)) % 4);
}
