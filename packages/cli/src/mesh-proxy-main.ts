import { proxyCommand } from "./commands/mesh/proxy.ts";
import { runAlone } from "./run-alone.ts";

runAlone(proxyCommand());
