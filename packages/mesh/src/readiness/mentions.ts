import type { ServedPort } from "../view/mesh-view.ts";
import type { MeshWorkload } from "../view/mesh-workload.ts";
import { listOf } from "../view/placed-object.ts";

/** A host that a container is told of, and that may be a Service. */
export interface Mention {
  readonly container: string;
  /** `env URL`, or `its command`. */
  readonly where: string;
  /** As it stands there, with its port where it has one. */
  readonly text: string;
  readonly name: string;
  /** None of a bare name: it is one of the caller's own. */
  readonly namespace?: string;
  /** Named, or the scheme's. None: any. */
  readonly port?: number;
}

const known = new WeakMap<MeshWorkload, readonly Mention[]>();

/** The hosts in commands, arguments and variables of a workload's containers. */
export function toldOf(client: MeshWorkload): readonly Mention[] {
  const before = known.get(client);
  if (before !== undefined) return before;
  const mentions = listOf(client.pod.spec.containers).flatMap(({ name, env, command, args }) => [
    ...listOf(env).flatMap((each) => mentionsIn(each.value, name, `env ${each.name}`)),
    ...[command, args]
      .flatMap((list) => (Array.isArray(list) ? list : []))
      .flatMap((text) => mentionsIn(text, name, "its command")),
  ]);
  known.set(client, mentions);
  return mentions;
}

const schemePorts: ReadonlyMap<string, number> = new Map([
  ["http", 80],
  ["ws", 80],
  ["https", 443],
  ["wss", 443],
  ["postgres", 5432],
  ["postgresql", 5432],
  ["mysql", 3306],
  ["redis", 6379],
  ["mongodb", 27_017],
  ["amqp", 5672],
]);

/** Much longer texts are scripts and data, whose hosts stand at their beginnings or are none. */
const readLength = 65_536;

const pattern = /(?:([a-z][a-z0-9+.-]*):\/\/(?:[^\s/@]*@)?)?([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::(\d{1,5}))?/gi;

/** Names after a scheme, before a port, or with a namespace: a bare word is none. */
function mentionsIn(text: unknown, container: string, where: string): readonly Mention[] {
  if (typeof text !== "string") return [];
  return [...text.slice(0, readLength).matchAll(pattern)].flatMap(([, scheme, host = "", told]) => {
    const [name = "", namespace, ...rest] = host.toLowerCase().split(".");
    const isHost = /^(svc(\.cluster\.local)?)?$/.test(rest.join("."));
    if (!isHost || (scheme === undefined && told === undefined && namespace === undefined)) return [];
    const port = told === undefined ? schemePorts.get(scheme?.toLowerCase() ?? "") : Number(told);
    return [
      {
        container,
        where,
        text: told === undefined ? host : `${host}:${told}`,
        name,
        ...(namespace === undefined ? {} : { namespace }),
        ...(port === undefined ? {} : { port }),
      },
    ];
  });
}

/** Whether it is this Service and port, said in a namespace. */
export function isMeant(mention: Mention, { service, port }: ServedPort["through"][number], from: string): boolean {
  const { name, namespace = from } = mention;
  return name === service.name && namespace === service.namespace && (mention.port ?? port) === port;
}
