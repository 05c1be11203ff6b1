import { Client } from "@sallyport/cluster";
import { parseGoDuration } from "@sallyport/kube";
import {
  Authority,
  AuthorityError,
  type AuthorityStore,
  folderStore,
  OwnServingCertificate,
  RootConfigMaps,
  reviewToken,
  secretStore,
  serveCertificates,
  trustDomainFault,
} from "@sallyport/mesh/identity";
import { connectionOf } from "../connection.ts";
import { UsageError } from "../errors.ts";
import { InputError } from "../manifests.ts";
import { httpAddress } from "../secrets/external/flags.ts";
import { openAuthorityDoors } from "./authority-doors.ts";
import { AuthorityMetrics } from "./authority-metrics.ts";

export interface AuthorityFlags {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly folder?: string;
  readonly secret?: string;
  readonly trustDomain: string;
  readonly listen: string;
  readonly dnsNames: string;
  readonly audience: string;
  readonly life: string;
  readonly longestLife: string;
  readonly rootPropagation: string;
  readonly rotateRoot?: boolean;
  readonly configMap: string;
  readonly http?: string;
}

export interface RunningAuthority {
  readonly port: number;
  readonly httpUrl: string | undefined;
  /** Calls that are under way come to their end. */
  readonly close: () => Promise<void>;
}

/** How often the store is looked at, for what others wrote and for a change of the root that is due. */
const checkMs = 60_000;
/** Calls ask the API server, which answers in seconds or not at all. */
const closingMs = 5_000;

/** Serves the authority. Rejects with `UsageError` and `InputError` for what its user can mend. */
export async function runAuthority(flags: AuthorityFlags, say: (text: string) => void): Promise<RunningAuthority> {
  const settings = settingsOf(flags);
  const client = new Client(connectionOf(flags), { silentMs: 10_000 });
  const closers: (() => unknown)[] = [() => client.close()];
  const close = async () => {
    for (const each of closers.reverse()) await each();
  };
  try {
    const authority = await opened(flags, settings, client, say);
    const metrics = new AuthorityMetrics(authority, Date.now);
    const own = new OwnServingCertificate(authority, settings.dns, settings.lifeMs, Date.now);
    const service = await serveCertificates({
      authority,
      ...settings.listen,
      serving: () => own.current,
      review: (token) => reviewToken(client, token, [flags.audience]),
      defaultLifeMs: settings.lifeMs,
      longestLifeMs: settings.longestMs,
      onCall: (call) => {
        metrics.tell(call);
        say(`${call.code} ${call.id ?? "nobody"}${call.fault === undefined ? "" : `: ${printable(call.fault)}`}`);
      },
    });
    closers.push(() => service.close(closingMs));
    closers.push(keepRoots(flags, client, authority, say));
    closers.push(keepChecked({ authority, own, renew: service.renew, metrics, say }));
    const doors = settings.http && (await openAuthorityDoors(settings.http, authority, metrics, Date.now));
    if (doors !== undefined) closers.push(doors.close);
    return { port: service.port, httpUrl: doors?.url, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function opened(
  flags: AuthorityFlags,
  settings: Settings,
  client: Client,
  say: (text: string) => void,
): Promise<Authority> {
  const store = storeOf(flags, settings, client);
  try {
    const authority = await Authority.open({
      trustDomain: flags.trustDomain,
      store,
      now: Date.now,
      say,
      propagationMs: settings.propagationMs,
      longestLeafMs: settings.longestMs,
    });
    await authority.check(flags.rotateRoot === true);
    return authority;
  } catch (error) {
    if (error instanceof AuthorityError) throw new InputError(`${store.place}: ${error.message}`);
    throw error;
  }
}

function storeOf({ folder }: AuthorityFlags, { secret }: Settings, client: Client): AuthorityStore {
  return folder === undefined ? secretStore(client, secret.namespace, secret.name) : folderStore(folder);
}

/** `NAMESPACE/NAME`. Throws `UsageError`. */
export function secretOf(text: string): Settings["secret"] {
  const [namespace, name, ...more] = text.split("/");
  if (!namespace || !name || more.length > 0) throw new UsageError(`--secret ${text}: expected NAMESPACE/NAME`);
  return { namespace, name };
}

interface Settings {
  readonly secret: { readonly namespace: string; readonly name: string };
  readonly listen: { readonly host: string; readonly port: number };
  readonly http: { readonly host: string; readonly port: number } | undefined;
  readonly dns: readonly string[];
  readonly lifeMs: number;
  readonly longestMs: number;
  readonly propagationMs: number;
}

/** Throws `UsageError`. */
export function settingsOf(flags: AuthorityFlags): Settings {
  if (flags.folder !== undefined && flags.secret !== undefined)
    throw new UsageError("--folder and --secret: expected one");
  const fault = trustDomainFault(flags.trustDomain);
  if (fault !== undefined) throw new UsageError(`--trust-domain ${flags.trustDomain}: ${fault}`);
  const [lifeMs, longestMs] = [durationOf("--life", flags.life), durationOf("--longest-life", flags.longestLife)];
  if (lifeMs > longestMs) throw new UsageError(`--life ${flags.life}: longer than --longest-life ${flags.longestLife}`);
  const dns = flags.dnsNames.split(",").map((each) => each.trim());
  for (const each of dns)
    if (!/^[A-Za-z0-9*]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(each))
      throw new UsageError(`--dns-names ${flags.dnsNames}: ${JSON.stringify(each)} is no name`);
  return {
    secret: secretOf(flags.secret ?? "sallyport-mesh/cacerts"),
    listen: httpAddress("--listen", flags.listen),
    http: flags.http === undefined ? undefined : httpAddress("--http", flags.http),
    dns,
    lifeMs,
    longestMs,
    propagationMs: durationOf("--root-propagation", flags.rootPropagation),
  };
}

/** What is shorter than a minute would end while clocks differ; what is longer than a year nobody could revoke. */
function durationOf(flag: string, text: string): number {
  const nanoseconds = parseGoDuration(text);
  const ms = typeof nanoseconds === "number" ? nanoseconds / 1e6 : 0;
  if (!(ms >= 60_000 && ms <= 366 * 24 * 3600_000))
    throw new UsageError(`${flag} ${text}: expected a duration from 1m to 8784h, such as 24h`);
  return ms;
}

/** Answers what ends it. */
function keepRoots(
  { configMap }: AuthorityFlags,
  client: Client,
  authority: Authority,
  say: (text: string) => void,
): () => Promise<void> {
  if (configMap === "none") return async () => {};
  const maps = new RootConfigMaps({
    client,
    name: configMap,
    roots: () => authority.roots.join(""),
    onFault: (error) => say(error.message),
    random: Math.random,
  });
  const end = authority.onChange(() => maps.update());
  return async () => {
    end();
    await maps.stop();
  };
}

interface Checked {
  readonly authority: Authority;
  readonly own: OwnServingCertificate;
  readonly renew: () => void;
  readonly metrics: AuthorityMetrics;
  readonly say: (text: string) => void;
}

/** Answers what ends it. */
function keepChecked({ authority, own, renew, metrics, say }: Checked): () => void {
  const renewed = (isAsked: boolean) => {
    if (own.renew(isAsked)) renew();
  };
  authority.onChange(() => {
    say("the authority is another one: what it signs from now on has its roots");
    renewed(true);
  });
  const timer = setInterval(async () => {
    try {
      await authority.check();
      renewed(false);
      metrics.checked(true);
    } catch (error) {
      // All stays as it is; probes and metrics tell when that is too old.
      metrics.checked(false);
      say(`the authority could not be looked at: ${(error as Error).message}`);
    }
  }, checkMs);
  return () => clearInterval(timer);
}

/** Callers name what is wrong with their requests; they write no lines of their own. */
function printable(text: string): string {
  const cut = text.slice(0, 300);
  return /^[\x20-\x7e]*$/.test(cut) ? cut : JSON.stringify(cut);
}
