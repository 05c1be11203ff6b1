import { readFileSync } from "node:fs";
import type { EtcdOptions, StorageMediaType } from "@sallyport/apiserver";
import type { Command } from "commander";
import { readAuthorities } from "./authority-file.ts";
import { list } from "./comma-list.ts";
import { reasonOf, UsageError } from "./errors.ts";
import { millisecondsOf } from "./go-duration.ts";

/** kube-apiserver's flags of storage, by its names. */
export interface EtcdFlags {
  readonly etcdServers: readonly string[];
  readonly etcdCafile?: string;
  readonly etcdCertfile?: string;
  readonly etcdKeyfile?: string;
  readonly etcdPrefix: string;
  readonly storageMediaType?: string;
  readonly eventTtl: string;
}

/** How and where objects are stored, as `startApiServer` takes it. */
export interface StorageOptions {
  /** Absent for the store in the data folder. */
  readonly etcd?: EtcdOptions;
  readonly storageMediaType: StorageMediaType;
  readonly eventTtlSeconds: number;
}

/** Adds the flags that name an etcd. */
export function addEtcdServerOptions(command: Command): Command {
  return command
    .option("--etcd-servers <urls>", "keep objects in this etcd (scheme://host:port), separated by commas", list, [])
    .option("--etcd-cafile <file>", "certificate authority that etcd's certificate is checked against")
    .option("--etcd-certfile <file>", "client certificate for etcd")
    .option("--etcd-keyfile <file>", "its key")
    .option("--etcd-prefix <path>", "what all keys in etcd begin with", "/registry");
}

/** Adds all flags of storage. */
export function addStorageOptions(command: Command): Command {
  return addEtcdServerOptions(command)
    .option(
      "--storage-media-type <type>",
      "form of built-in objects in the store: application/vnd.kubernetes.protobuf (with etcd the default) or application/json",
    )
    .option("--event-ttl <duration>", "how long events are kept", "1h0m0s");
}

/** Checks the flags and reads the files that they name. Throws `UsageError`. */
export function storageOptions(flags: EtcdFlags): StorageOptions {
  const etcd = etcdOptions(flags);
  const type =
    flags.storageMediaType ?? (etcd === undefined ? "application/json" : "application/vnd.kubernetes.protobuf");
  if (type !== "application/json" && type !== "application/vnd.kubernetes.protobuf")
    throw new UsageError(
      `--storage-media-type ${type}: expected application/json or application/vnd.kubernetes.protobuf`,
    );
  const storage = { storageMediaType: type, eventTtlSeconds: secondsOf("--event-ttl", flags.eventTtl) } as const;
  return etcd === undefined ? storage : { ...storage, etcd };
}

/** The etcd that the flags name; undefined when they name none. */
export function etcdOptions(flags: Omit<EtcdFlags, "storageMediaType" | "eventTtl">): EtcdOptions | undefined {
  const read = (flag: string, file: string | undefined) => (file === undefined ? {} : { [flag]: readText(flag, file) });
  const tls = {
    ...(flags.etcdCafile === undefined ? {} : { ca: readAuthorities("--etcd-cafile", flags.etcdCafile) }),
    ...read("cert", flags.etcdCertfile),
    ...read("key", flags.etcdKeyfile),
  };
  if (flags.etcdServers.length === 0) {
    if (Object.keys(tls).length > 0)
      throw new UsageError("--etcd-cafile, --etcd-certfile, --etcd-keyfile: need --etcd-servers");
    return undefined;
  }
  for (const server of flags.etcdServers)
    if (!/^https?:\/\/[^/]+$/.test(server))
      throw new UsageError(`--etcd-servers ${server}: expected a URL such as https://127.0.0.1:2379`);
  if ((flags.etcdCertfile === undefined) !== (flags.etcdKeyfile === undefined))
    throw new UsageError("--etcd-certfile and --etcd-keyfile: one needs the other");
  if (!flags.etcdPrefix.startsWith("/"))
    throw new UsageError(`--etcd-prefix ${flags.etcdPrefix}: expected it to begin with /`);
  return { servers: flags.etcdServers, tls, prefix: flags.etcdPrefix };
}

function readText(flag: string, file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(`--etcd-${flag}file ${file}: ${reasonOf(error)}`);
  }
}

/** Never zero: what is kept for no time is never seen. */
export function secondsOf(flag: string, text: string): number {
  const total = millisecondsOf(flag, text) / 1000;
  if (total === 0) throw new UsageError(`${flag} ${text}: expected a duration such as 1h0m0s`);
  return total;
}
