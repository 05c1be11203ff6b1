import { Client } from "@sallyport/cluster";
import { defaultMesh } from "@sallyport/mesh";
import { ClusterFollower, reviewPodToken, serveConfigs } from "@sallyport/mesh/control";
import { Authority, folderStore, OwnServingCertificate, secretStore } from "@sallyport/mesh/identity";
import { connectionOf } from "../connection.ts";
import { UsageError } from "../errors.ts";
import { httpAddress } from "../secrets/external/flags.ts";
import { readMeshConfig } from "./mesh-config.ts";
import { secretOf } from "./run-authority.ts";

export interface ControlFlags {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly folder?: string;
  readonly secret?: string;
  readonly meshConfig?: string;
  readonly trustDomain: string;
  readonly listen: string;
  readonly dnsNames: string;
  readonly audience: string;
}

const day = 24 * 3600_000;
/** How often the authority is looked at, and the certificate that sidecars see. */
const checkMs = 60_000;

/** Tells sidecars what their pods must know. Rejects with `UsageError`, and when the port cannot be had. */
export async function runControl(
  flags: ControlFlags,
  say: (text: string) => void,
): Promise<{ readonly port: number; readonly close: () => Promise<void> }> {
  const listen = httpAddress("--listen", flags.listen);
  const names = flags.dnsNames.split(",").map((name) => name.trim());
  const config = flags.meshConfig === undefined ? {} : readMeshConfig(flags.meshConfig);
  // The authority signs for the domain of the flag.
  const mesh = { ...defaultMesh, ...config, trustDomain: flags.trustDomain };
  const client = new Client(connectionOf(flags));
  const closers: (() => unknown)[] = [() => client.close()];
  const close = async () => {
    for (const each of closers.reverse()) await each();
  };
  try {
    const authority = await openAuthority(flags, client, say);
    const own = new OwnServingCertificate(authority, names, day, Date.now);
    const told: { changed: () => void } = { changed: () => {} };
    const onFault = ({ message }: Error) => say(message);
    const onChange = () => told.changed();
    const follower = new ClusterFollower({ client, mesh, onChange, onFault, random: Math.random });
    closers.push(() => follower.stop());
    // A policy might be missing before.
    await follower.synced();
    const configs = await serveConfigs({
      host: listen.host === "" ? "::" : listen.host,
      port: listen.port,
      serving: () => own.current,
      review: (token) => reviewPodToken(client, token, flags.audience),
      configOf: (pod) => follower.configOf(pod),
      onFault,
    });
    closers.push(() => configs.close());
    told.changed = configs.changed;
    const renewed = (isAsked: boolean) => {
      if (own.renew(isAsked)) configs.renew();
    };
    authority.onChange(() => renewed(true));
    const timer = setInterval(() => void authority.check().then(() => renewed(false), onFault), checkMs);
    closers.push(() => clearInterval(timer));
    return { port: configs.port, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The one of `mesh ca`, by which sidecars know us. */
function openAuthority(flags: ControlFlags, client: Client, say: (text: string) => void): Promise<Authority> {
  if (flags.folder !== undefined && flags.secret !== undefined)
    throw new UsageError("--folder and --secret: expected one");
  const { namespace, name } = secretOf(flags.secret ?? "sallyport-mesh/cacerts");
  const store = flags.folder === undefined ? secretStore(client, namespace, name) : folderStore(flags.folder);
  const { trustDomain } = flags;
  return Authority.open({ trustDomain, store, now: Date.now, say, propagationMs: day, longestLeafMs: 90 * day });
}
