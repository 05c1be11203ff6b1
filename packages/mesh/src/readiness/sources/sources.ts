import type { FindingSource } from "../finding.ts";
import { apiServer } from "./api-server.ts";
import { namedClients, observedClients, unknownClients } from "./clients.ts";
import { destinationRules } from "./destination-rules.ts";
import { exposed, gateways, ingresses } from "./entrances.ts";
import { probes } from "./probes.ts";
import { monitors, scrapeAnnotations } from "./prometheus.ts";

/** Every way to find callers, what was seen before what is written, and what is not known at last. */
export const findingSources: readonly FindingSource[] = [
  observedClients,
  destinationRules,
  probes,
  apiServer,
  scrapeAnnotations,
  monitors,
  ingresses,
  gateways,
  exposed,
  namedClients,
  unknownClients,
];
