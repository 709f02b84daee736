// Which lines the tree has: a plain function of what is open and of what the processes told. No elements here.

// `halves`: [{name, look, problem}]; `opened`: a Set of paths. Lines in order, each with its level from 1.
export function lines(halves, opened) {
  const found = [];
  for (const half of halves) {
    const roots = half.look?.branches[""]?.rows ?? [];
    if (roots.length === 0 || half.problem) {
      const row = roots[0] ?? { path: `/${half.name}`, name: half.name, actor: "" };
      const text = half.problem ?? "";
      found.push({ kind: "actor", half, row: { ...row, state: half.problem ? "away" : "new", problem: text }, level: 1, isOpen: false, size: 1, position: 1 });
    } else walk(half, roots, 1, opened, found);
  }
  return found;
}

function walk(half, rows, level, opened, found) {
  rows.forEach((row, index) => {
    const branch = half.look.branches[row.path];
    const isParent = row.below !== undefined || row.strategy !== undefined;
    const isOpen = isParent && opened.has(row.path);
    found.push({ kind: "actor", half, row, level, isParent, isOpen, size: rows.length, position: index + 1 });
    if (!isOpen || branch === undefined) return;
    walk(half, branch.rows, level + 1, opened, found);
    const hidden = branch.total - branch.rows.length;
    if (hidden > 0) found.push({ kind: "more", half, path: row.path, hidden, level: level + 1, size: branch.rows.length + 1, position: branch.rows.length + 1 });
  });
}

export function keyOf(line) {
  return line.kind === "more" ? `${line.path}/...` : line.row.path;
}

export function parentOf(path) {
  return path.slice(0, path.lastIndexOf("/"));
}

// The branches to ask one process for: those that are open and below open ones only.
export function toAsk(half, opened) {
  return [...opened].filter((path) => {
    for (let above = path; above; above = parentOf(above)) if (!opened.has(above)) return false;
    return path === `/${half}` || path.startsWith(`/${half}/`);
  });
}
