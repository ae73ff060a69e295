/** A node and what hangs below it. */
export interface TreeNode {
  readonly label: string;
  readonly children: readonly TreeNode[];
}

/** The tree as lines with box-drawing branches; the root has none. */
export function renderTree(root: TreeNode): string[] {
  return [root.label, ...branches(root.children, '')];
}

function branches(nodes: readonly TreeNode[], indent: string): string[] {
  return nodes.flatMap((node, index) => {
    const last = index === nodes.length - 1;
    return [
      `${indent}${last ? '└─ ' : '├─ '}${node.label}`,
      ...branches(node.children, `${indent}${last ? '   ' : '│  '}`),
    ];
  });
}

/** Number of levels, the root included. */
export const depthOf = (node: TreeNode): number => 1 + Math.max(0, ...node.children.map(depthOf));
