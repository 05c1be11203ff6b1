import { RegoSet } from "../value/collection.ts";
import type { Value } from "../value/value.ts";
import { type Builtin, BuiltinError, type Effects, type QueryState } from "./builtin.ts";
import { addressText, parseAddress } from "./net.ts";
import { stringAt } from "./operands.ts";

/** Refuses hosts that are not among those allowed. */
export function checkHost(host: string, { allowNet }: Effects): void {
  if (allowNet !== undefined && !allowNet.includes(host)) throw new BuiltinError(`unallowed host: ${host}`);
}

function lookupAddresses(args: readonly Value[], { effects, cache }: QueryState): Value {
  const host = stringAt(args, 1);
  checkHost(host, effects);
  const key = `net.lookup_ip_addr ${host}`;
  const known = cache.get(key) as Value | undefined;
  if (known !== undefined) return known;
  const addresses = RegoSet.of(addressesOf(host, effects));
  cache.set(key, addresses);
  return addresses;
}

/** An address stands for itself; nobody is asked. */
function addressesOf(host: string, { lookup }: Effects): readonly string[] {
  const address = parseAddress(host);
  if (address !== undefined) {
    const isMapped = address.bits === 128 && address.value >> 32n === 0xffffn;
    return [isMapped ? addressText(32, address.value & 0xffff_ffffn) : addressText(address.bits, address.value)];
  }
  if (host === "") throw new BuiltinError("lookup : no such host");
  if (lookup === undefined) throw new BuiltinError("names can only be looked up in asynchronous evaluation");
  const answer = lookup(host);
  if (answer.kind === "failure") throw new BuiltinError(answer.message);
  return answer.addresses;
}

/** https://www.openpolicyagent.org/docs/policy-reference/builtins/net */
export const netLookup: readonly Builtin[] = [
  { name: "net.lookup_ip_addr", call: lookupAddresses, nondeterministic: true },
];
