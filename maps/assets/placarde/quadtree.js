// A quad-tree of points, for the sign nearest to the pointer among a hundred thousand.

const LEAF = 16;
const DEEPEST = 24;

/** Return a tree of items with `x`, `y` in the square from 0 to `size`. */
function quadTree(items, size) {
  const build = (own, x, y, side, depth) => {
    if (own.length <= LEAF || depth === DEEPEST) return { own, x, y, side };
    const half = side / 2;
    const parts = [[], [], [], []];
    for (const item of own) parts[(item.x >= x + half ? 1 : 0) + (item.y >= y + half ? 2 : 0)].push(item);
    const children = parts.map((part, i) => build(part, x + (i % 2) * half, y + (i >> 1) * half, half, depth + 1));
    return { children, x, y, side };
  };
  return build(items, 0, 0, size, 0);
}

/** Return the item nearest to a point, no farther than `reach`, that `accepts`; null for none. */
function nearest(tree, { x, y, reach, accepts }) {
  let best = null;
  let least = reach * reach;
  const visit = (node) => {
    const dx = Math.max(node.x - x, 0, x - node.x - node.side);
    const dy = Math.max(node.y - y, 0, y - node.y - node.side);
    if (dx * dx + dy * dy > least) return;
    for (const item of node.own || []) {
      const distance = (item.x - x) ** 2 + (item.y - y) ** 2;
      if (distance <= least && accepts(item)) { best = item; least = distance; }
    }
    for (const child of node.children || []) visit(child);
  };
  visit(tree);
  return best;
}
