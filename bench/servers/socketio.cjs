// Socket.IO as it is set up by default, but for its heartbeat: a room a channel, an acknowledgement
// a publish. Usage: node socketio.cjs PORT
const http = require('node:http');
const { Server } = require('socket.io');

const server = http.createServer();
// The load generator answers no heartbeat.
const io = new Server(server, { transports: ['websocket'], pingInterval: 3_600_000 });
io.on('connection', (socket) => {
  socket.on('subscribe', (channel, done) => {
    socket.join(channel);
    done();
  });
  socket.on('publish', (channel, text, done) => {
    io.to(channel).emit('message', text);
    done();
  });
});
server.listen({ host: '127.0.0.1', port: Number(process.argv[2]), backlog: 2048 });
