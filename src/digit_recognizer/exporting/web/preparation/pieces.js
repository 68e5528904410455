// Connected pieces of a mask (8 neighbours): which pixel belongs to which, their areas and boxes.

const BEFORE = [[-1, -1], [-1, 0], [-1, 1], [0, -1]];

export function pieces({ width, height, data }) {
  const [labels, parents] = [new Int32Array(data.length), [0]];
  const root = (label) => {
    let at = label;
    while (parents[at] !== at) at = parents[at] = parents[parents[at]];
    return at;
  };
  for (let row = 0; row < height; row += 1)
    for (let column = 0; column < width; column += 1) {
      if (!data[row * width + column]) continue;
      let mine = 0;
      for (const [down, right] of BEFORE) {
        const [y, x] = [row + down, column + right];
        const beside = y >= 0 && x >= 0 && x < width ? labels[y * width + x] : 0;
        if (!beside) continue;
        if (mine) parents[root(beside)] = root(mine);
        else mine = beside;
      }
      if (!mine) parents.push((mine = parents.length));
      labels[row * width + column] = mine;
    }
  return measured(labels, root, width, height, parents.length);
}

// labels become 1 to the number of pieces, 0 for paper; boxes: left, top, right, bottom, the last two outside.
function measured(labels, root, width, height, count) {
  const names = new Int32Array(count);
  const [areas, boxes] = [[0], [[0, 0, 0, 0]]];
  for (let row = 0, at = 0; row < height; row += 1)
    for (let column = 0; column < width; column += 1, at += 1) {
      if (!labels[at]) { areas[0] += 1; continue; }
      const top = root(labels[at]);
      if (!names[top]) {
        names[top] = areas.push(0) - 1;
        boxes.push([column, row, column + 1, row + 1]);
      }
      labels[at] = names[top];
      areas[names[top]] += 1;
      const box = boxes[names[top]];
      box[0] = Math.min(box[0], column);
      box[2] = Math.max(box[2], column + 1);
      box[3] = row + 1;
    }
  return { labels, areas, boxes };
}
