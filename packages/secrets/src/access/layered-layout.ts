/** Nodes in layers, from the left to the right, so that edges lead on and cross little. */
export interface Layout {
  /** Where each node's middle stands: its layer from 0, and its place in it, in rows from 0 that may be broken. */
  readonly places: ReadonlyMap<string, Place>;
  /** Places that an edge runs through between its ends, by the edge's index. */
  readonly bends: readonly (readonly Place[])[];
  readonly layers: number;
  readonly rows: number;
}

export interface Place {
  readonly layer: number;
  readonly row: number;
}

export interface LayoutEdge {
  readonly from: string;
  readonly to: string;
}

/** Sweeps over all layers; more change nothing that one would see. */
const sweeps = 8;

/** After Sugiyama: layers by longest paths, edges over several layers in pieces, orders by the means of neighbours. */
export function layeredLayout(ids: readonly string[], edges: readonly LayoutEdge[]): Layout {
  const forward = edges.map((edge) => edge);
  const layerOf = layersOf(ids, forward);
  const count = Math.max(0, ...layerOf.values()) + 1;
  const layers: string[][] = Array.from({ length: count }, () => []);
  for (const id of ids) layers[layerOf.get(id) ?? 0]?.push(id);
  const chains = forward.map((edge, i) => chainOf(edge, i, layerOf, layers));
  const neighbours = neighboursOf(chains);
  for (let i = 0; i < sweeps; i++) orderLayers(layers, neighbours, i % 2 === 0);
  const places = placesOf(layers, neighbours);
  const rows = Math.max(1, ...[...places.values()].map(({ row }) => row + 1));
  const bends = chains.map((chain) => chain.slice(1, -1).flatMap((id) => places.get(id) ?? []));
  return { places, bends, layers: count, rows };
}

/** The longest way from a node that nothing leads to. Edges that close a circle lead back, and count not. */
function layersOf(ids: readonly string[], edges: readonly LayoutEdge[]): ReadonlyMap<string, number> {
  const next = Map.groupBy(edges, ({ from }) => from);
  const state = new Map<string, "open" | "done">();
  const order: string[] = [];
  const back = new Set<LayoutEdge>();
  const visit = (id: string) => {
    state.set(id, "open");
    for (const edge of next.get(id) ?? []) {
      if (state.get(edge.to) === "open") back.add(edge);
      else if (!state.has(edge.to)) visit(edge.to);
    }
    state.set(id, "done");
    order.push(id);
  };
  for (const id of ids) if (!state.has(id)) visit(id);
  const layers = new Map<string, number>(ids.map((id) => [id, 0]));
  for (const id of order.reverse())
    for (const edge of next.get(id) ?? [])
      if (!back.has(edge)) layers.set(edge.to, Math.max(layers.get(edge.to) ?? 0, (layers.get(id) ?? 0) + 1));
  return layers;
}

/** The edge's ends, and a stand-in in each layer between them. */
function chainOf(
  { from, to }: LayoutEdge,
  index: number,
  layerOf: ReadonlyMap<string, number>,
  layers: readonly string[][],
): readonly string[] {
  const [start, end] = [layerOf.get(from) ?? 0, layerOf.get(to) ?? 0];
  const between: string[] = [];
  const step = start < end ? 1 : -1;
  for (let layer = start + step; step > 0 ? layer < end : layer > end; layer += step) {
    const id = `${index}/${layer}`;
    layers[layer]?.push(id);
    between.push(id);
  }
  return [from, ...between, to];
}

interface Neighbours {
  readonly before: ReadonlyMap<string, readonly string[]>;
  readonly behind: ReadonlyMap<string, readonly string[]>;
}

function neighboursOf(chains: readonly (readonly string[])[]): Neighbours {
  const pairs = chains.flatMap((chain) => chain.slice(1).map((to, i) => [chain[i] ?? "", to] as const));
  const grouped = (key: 0 | 1, value: 0 | 1) =>
    new Map(
      [...Map.groupBy(pairs, (pair) => pair[key])].map(([id, list]) => [id, list.map((pair) => pair[value])] as const),
    );
  return { before: grouped(1, 0), behind: grouped(0, 1) };
}

function orderLayers(layers: string[][], { before, behind }: Neighbours, isForward: boolean): void {
  const order = isForward ? layers : [...layers].reverse();
  const side = isForward ? before : behind;
  const rows = new Map(layers.flatMap((layer) => layer.map((id, row) => [id, row] as const)));
  for (const layer of order) {
    const means = new Map(layer.map((id, row) => [id, meanOf(side.get(id) ?? [], rows, row)]));
    layer.sort((a, b) => (means.get(a) ?? 0) - (means.get(b) ?? 0));
    layer.forEach((id, row) => void rows.set(id, row));
  }
}

function meanOf(ids: readonly string[], rows: ReadonlyMap<string, number>, otherwise: number): number {
  const known = ids.flatMap((id) => rows.get(id) ?? []);
  return known.length === 0 ? otherwise : known.reduce((sum, row) => sum + row, 0) / known.length;
}

/** Each as near to its neighbours as its order and the distance of a row let it be. */
function placesOf(layers: readonly string[][], { before, behind }: Neighbours): ReadonlyMap<string, Place> {
  const rows = new Map(layers.flatMap((layer) => layer.map((id, row) => [id, row] as const)));
  for (let i = 0; i < sweeps; i++)
    for (const layer of i % 2 === 0 ? layers : [...layers].reverse()) {
      const wanted = layer.map((id) => {
        const all = [...(before.get(id) ?? []), ...(behind.get(id) ?? [])];
        return meanOf(all, rows, rows.get(id) ?? 0);
      });
      for (const [at, row] of spread(wanted).entries()) rows.set(layer[at] ?? "", row);
    }
  const least = Math.min(0, ...rows.values());
  return new Map(
    layers.flatMap((layer, number) =>
      layer.map((id) => [id, { layer: number, row: (rows.get(id) ?? 0) - least }] as const),
    ),
  );
}

/** Rows in the same order, at least one apart, as near to what is wanted as pushing from both ends brings them. */
function spread(wanted: readonly number[]): readonly number[] {
  const down: number[] = [];
  for (const row of wanted) down.push(Math.max(row, (down.at(-1) ?? Number.NEGATIVE_INFINITY) + 1));
  const up: number[] = [];
  for (const row of [...wanted].reverse()) up.unshift(Math.min(row, (up[0] ?? Number.POSITIVE_INFINITY) - 1));
  return down.map((row, at) => (row + (up[at] ?? row)) / 2);
}
