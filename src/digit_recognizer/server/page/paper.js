// The paper: strokes by pointer or keyboard, kept as points so that each can be taken back.
const WIDTH = 0.075; // of a stroke, of the paper's side
const STEP = 6; // pixels that an arrow key moves the pen

export class Paper {
  constructor(canvas, changed) {
    this.canvas = canvas;
    this.changed = changed;
    this.strokes = [];
    this.pen = { x: canvas.width / 2, y: canvas.height / 4, down: false, shown: false };
    canvas.addEventListener("pointerdown", (event) => this.begin(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, (event) => this.lift(event));
    canvas.addEventListener("keydown", (event) => this.key(event));
    canvas.addEventListener("blur", () => this.showPen(false));
    this.draw();
  }

  place(event) {
    const box = this.canvas.getBoundingClientRect();
    const { width, height } = this.canvas;
    return { x: ((event.clientX - box.left) * width) / box.width, y: ((event.clientY - box.top) * height) / box.height };
  }

  begin(event) {
    if (this.pointer !== undefined || event.button !== 0) return;
    event.preventDefault();
    this.canvas.setPointerCapture(event.pointerId);
    this.pointer = event.pointerId;
    this.pen.shown = false;
    this.strokes.push([this.place(event)]);
    this.update();
  }

  move(event) {
    if (event.pointerId !== this.pointer) return;
    const pieces = event.getCoalescedEvents?.() ?? [];
    for (const piece of pieces.length ? pieces : [event]) this.strokes.at(-1).push(this.place(piece));
    this.update();
  }

  lift(event) {
    if (event.pointerId === this.pointer) this.pointer = undefined;
  }

  key(event) {
    const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const way = ways[event.key];
    if (way) {
      const within = (value) => Math.min(this.canvas.width - 12, Math.max(12, value));
      this.pen.x = within(this.pen.x + way[0] * STEP);
      this.pen.y = within(this.pen.y + way[1] * STEP);
      if (this.pen.down) this.strokes.at(-1).push({ x: this.pen.x, y: this.pen.y });
    } else if (event.key === " ") {
      this.pen.down = !this.pen.down;
      if (this.pen.down) this.strokes.push([{ x: this.pen.x, y: this.pen.y }]);
    } else return;
    event.preventDefault();
    this.pen.shown = true;
    if (this.pen.down) this.update();
    else this.draw();
  }

  showPen(shown) {
    this.pen.shown = shown;
    this.pen.down = false;
    this.draw();
  }

  undo() {
    this.strokes.pop();
    this.pen.down = false;
    this.update();
  }

  clear() {
    this.strokes = [];
    this.pen.down = false;
    this.update();
  }

  update() {
    this.draw();
    this.changed();
  }

  draw() {
    const context = this.canvas.getContext("2d");
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.ink(context, getComputedStyle(this.canvas).color);
    if (!this.pen.shown) return;
    context.beginPath();
    context.arc(this.pen.x, this.pen.y, (WIDTH * this.canvas.width) / 2, 0, 7);
    context.lineWidth = 2;
    context.setLineDash(this.pen.down ? [] : [4, 4]);
    context.stroke();
    context.setLineDash([]);
  }

  ink(context, colour) {
    context.strokeStyle = colour;
    context.lineWidth = WIDTH * this.canvas.width;
    context.lineCap = context.lineJoin = "round";
    for (const points of this.strokes) {
      context.beginPath();
      context.moveTo(points[0].x, points[0].y);
      for (let i = 1; i < points.length - 1; i += 1) {
        const middle = { x: (points[i].x + points[i + 1].x) / 2, y: (points[i].y + points[i + 1].y) / 2 };
        context.quadraticCurveTo(points[i].x, points[i].y, middle.x, middle.y);
      }
      const last = points.at(-1);
      context.lineTo(last.x, last.y);
      context.stroke();
    }
  }

  // What is sent: black ink on white paper, whatever the theme.
  async picture() {
    const sheet = document.createElement("canvas");
    sheet.width = this.canvas.width;
    sheet.height = this.canvas.height;
    const context = sheet.getContext("2d");
    context.fillStyle = "#fff";
    context.fillRect(0, 0, sheet.width, sheet.height);
    this.ink(context, "#000");
    return new Promise((done) => sheet.toBlob(done, "image/png"));
  }
}
