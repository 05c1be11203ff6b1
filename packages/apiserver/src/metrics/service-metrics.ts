import { Counter, Gauge, type KubeObject, type Rendered } from "@sallyport/kube";
import { type Allocation, addressesOf, portsOf } from "../registry/service-allocations.ts";
import { type AddressRange, addressNumber, type ServiceRanges } from "../registry/service-ranges.ts";

/** Addresses and ports that services have, by kube-apiserver's names. */
export class ServiceMetrics {
  readonly #addresses = new Gauge(
    "kube_apiserver_clusterip_allocator_allocated_ips",
    "[ALPHA] Gauge measuring the number of allocated IPs for Services",
    ["cidr"],
  );
  readonly #freeAddresses = new Gauge(
    "kube_apiserver_clusterip_allocator_available_ips",
    "[ALPHA] Gauge measuring the number of available IPs for Services",
    ["cidr"],
  );
  readonly #addressesGiven = new Counter(
    "kube_apiserver_clusterip_allocator_allocation_total",
    "[ALPHA] Number of Cluster IPs allocations",
    ["cidr", "scope"],
  );
  readonly #ports = new Gauge(
    "kube_apiserver_nodeport_allocator_allocated_ports",
    "[ALPHA] Gauge measuring the number of allocated NodePorts for Services",
  );
  readonly #freePorts = new Gauge(
    "kube_apiserver_nodeport_allocator_available_ports",
    "[ALPHA] Gauge measuring the number of available NodePorts for Services",
  );
  readonly #portsGiven = new Counter(
    "kube_apiserver_nodeport_allocator_allocation_total",
    "[ALPHA] Number of NodePort allocations",
    ["scope"],
  );

  /** A service was given something. */
  allocated({ what, given, scope }: Allocation, ranges: readonly AddressRange[]): void {
    const cidr = ranges.find((range) => isIn(range, given))?.cidr;
    if (what === "port") this.#portsGiven.add([scope]);
    else if (cidr !== undefined) this.#addressesGiven.add([cidr, scope]);
  }

  /** What all services have at this moment. */
  holds(
    services: readonly KubeObject[],
    ranges: readonly AddressRange[],
    { firstPort, lastPort }: ServiceRanges,
  ): void {
    const specs = services.map((each) => (each["spec"] ?? {}) as Parameters<typeof portsOf>[0]);
    const addresses = [...new Set(specs.flatMap(addressesOf))];
    for (const range of ranges) {
      const taken = addresses.filter((each) => isIn(range, each)).length;
      this.#addresses.set([range.cidr], taken);
      this.#freeAddresses.set([range.cidr], range.last - range.first + 1 - taken);
    }
    const ports = new Set(specs.flatMap(portsOf)).size;
    this.#ports.set([], ports);
    this.#freePorts.set([], lastPort - firstPort + 1 - ports);
  }

  get all(): readonly Rendered[] {
    return [this.#addresses, this.#freeAddresses, this.#addressesGiven, this.#ports, this.#freePorts, this.#portsGiven];
  }
}

function isIn({ first, last }: AddressRange, address: string): boolean {
  const number = addressNumber(address);
  return number !== undefined && number >= first && number <= last;
}
