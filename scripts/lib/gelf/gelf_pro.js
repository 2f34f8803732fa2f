// Sends the messages of a file, a JSON object a line, with gelf-pro: what scripts/bench compares with.
// usage: node gelf_pro.js FILE PORT
'use strict';

const fs = require('fs');
const gelf = require('gelf-pro');

// It opens a connection for each message: so many at a time keep both sides busy.
const AT_ONCE = 64;

const [file, port] = process.argv.slice(2);
gelf.setConfig({ adapterName: 'tcp', adapterOptions: { host: '127.0.0.1', port: Number(port) } });

const messages = fs.readFileSync(file, 'utf8').trim().split('\n').map((line) => {
  const { short_message: short, level, version, host, ...extra } = JSON.parse(line);
  return { short, level, extra };
});

let next = 0;
function send() {
  const message = messages[next++];
  if (message) {
    gelf.message(message.short, message.level, message.extra, (error) => {
      if (error) throw error;
      send();
    });
  }
}
for (let i = 0; i < AT_ONCE; i++) send();
