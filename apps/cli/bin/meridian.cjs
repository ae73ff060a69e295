#!/usr/bin/env node
'use strict';
const { existsSync } = require('node:fs');
const { join } = require('node:path');

const main = join(__dirname, '..', 'dist', 'main.js');
if (!existsSync(main)) {
  console.error('meridian is not built yet. Run: npm ci && npm run build');
  process.exit(10);
}
require(main);
