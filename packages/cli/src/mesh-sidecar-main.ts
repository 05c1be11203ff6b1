import { sidecarCommand } from "./commands/mesh/sidecar.ts";
import { runAlone } from "./run-alone.ts";

runAlone(sidecarCommand());
