import { parseIp } from "@sallyport/kube";

/** One port of a container, and where it is published. */
export interface PortMapping {
  readonly containerPort: number;
  readonly protocol: string;
  /** None: the daemon chooses, or the port is only exposed. */
  readonly hostPort?: number;
  readonly hostIP?: string;
}

/** The ports of `--publish`, or what docker has against it: `80`, `8080:80`, `127.0.0.1:8080:80/udp`, `[::1]:9000-9002:9000-9002`, `published=8080,target=80`. nat.ParsePortSpec */
export function publishedPorts(value: string): readonly PortMapping[] | string {
  const text = value.includes("=") ? shortNotation(value) : { short: value };
  if (typeof text === "string") return text;
  const parts = text.short.split(":");
  const [inside = "", outside = ""] = [parts.at(-1), parts.at(-2)];
  const address = parts.slice(0, -2).join(":");
  const [ports = "", given = ""] = inside.split(/\/(.*)/s);
  const protocol = (given === "" ? "tcp" : given).toLowerCase();
  if (ports === "") return `no port specified: ${text.short}<empty>`;
  if (!["tcp", "udp", "sctp"].includes(protocol)) return `invalid proto: ${protocol}`;
  const hostIP = address.replace(/^\[(.*)\]$/, "$1");
  if (hostIP !== "" && parseIp(hostIP) === undefined) return `invalid IP address: ${hostIP}`;
  const [range, hostRange] = [portRange(ports), outside === "" ? undefined : portRange(outside)];
  if (typeof range === "string") return `invalid containerPort: ${ports}`;
  if (typeof hostRange === "string") return `invalid hostPort: ${outside}`;
  return mappings(range, hostRange, { protocol, ...(hostIP === "" ? {} : { hostIP }) }, [ports, outside]);
}

function mappings(
  [first, last]: Range,
  hostRange: Range | undefined,
  rest: { readonly protocol: string; readonly hostIP?: string },
  [ports, outside]: readonly [string, string],
): readonly PortMapping[] | string {
  if (hostRange !== undefined && last !== first && last - first !== hostRange[1] - hostRange[0])
    return `invalid ranges specified for container and host Ports: ${ports} and ${outside}`;
  return Array.from({ length: last - first + 1 }, (_, i) => ({
    containerPort: first + i,
    ...(hostRange === undefined ? {} : { hostPort: hostRange[0] + i }),
    ...rest,
  }));
}

/** The ports of `--expose`, or what docker has against it. network.ParsePortRange */
export function exposedPorts(value: string): readonly PortMapping[] | string {
  if (value === "") return "invalid range format for --expose: invalid port range: value is empty";
  const [ports = "", protocol = ""] = value.split(/\/(.*)/s);
  const range = portRange(ports);
  if (typeof range === "string") return `invalid range format for --expose: ${range}`;
  const [first, last] = range;
  return Array.from({ length: last - first + 1 }, (_, i) => ({
    containerPort: first + i,
    protocol: protocol === "" ? "tcp" : protocol.toLowerCase(),
  }));
}

/** `published=8080,target=80,protocol=tcp` */
function shortNotation(value: string): { readonly short: string } | string {
  const given: { [name: string]: string } = { protocol: "tcp" };
  for (const part of value.split(",")) {
    const [, name, text] = /^([^=]+)=(.*)$/s.exec(part) ?? [];
    if (name === undefined) return `invalid publish opts format (should be name=value but got '${part}')`;
    given[name] = text ?? "";
  }
  return { short: `${given["published"] ?? ""}:${given["target"] ?? ""}/${given["protocol"] ?? ""}` };
}

type Range = readonly [first: number, last: number];

function portRange(text: string): Range | string {
  const at = text.indexOf("-");
  const [start, end] = at < 0 ? [text, text] : [text.slice(0, at), text.slice(at + 1)];
  const [first, last] = [portNumber(start), portNumber(end)];
  if (typeof first === "string") return `invalid start port '${start}': ${first}`;
  if (typeof last === "string") return `invalid end port '${end}': ${last}`;
  return last < first ? `invalid port range: ${text}` : [first, last];
}

function portNumber(text: string): number | string {
  if (text === "") return "value is empty";
  if (!/^[+-]?\d+$/.test(text)) return "invalid syntax";
  const port = Number(text);
  return port < 0 || port > 65535 ? "value out of range (0–65535)" : port;
}
