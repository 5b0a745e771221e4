/* load: a client that is quicker than what it measures.
 * SPDX-License-Identifier: MIT
 * usage: load PORT CONNECTIONS SECONDS REQUEST
 *        load PORT connect NUMBER REQUEST
 *
 * The first keeps so many connections busy, one request at a time on each, and
 * prints the replies a second.  The second makes one connection after the
 * other, asks once on each, and prints the median of the microseconds from
 * connect() to the reply.  A reply is what one read() gives: requests are such
 * that it is short. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int open_connection(int port)
{
	struct sockaddr_in to = {.sin_family = AF_INET};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	to.sin_port = htons((unsigned short)port);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0) {
		perror("load: connect");
		exit(69);
	}
	return fd;
}

static void send_all(int fd, const char *request)
{
	if (write(fd, request, strlen(request)) != (ssize_t)strlen(request)) {
		perror("load: write");
		exit(69);
	}
}

static void receive(int fd)
{
	char buf[131072];

	if (read(fd, buf, sizeof buf) <= 0) {
		fprintf(stderr, "load: the server closed a connection\n");
		exit(69);
	}
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static int connect_again(int port, int number, const char *request)
{
	double *took = calloc((size_t)number, sizeof *took);

	for (int i = 0; i < number; i++) {
		double began = now();
		int fd = open_connection(port);

		send_all(fd, request);
		receive(fd);
		took[i] = now() - began;
		close(fd);
	}
	qsort(took, (size_t)number, sizeof *took, compare);
	printf("%.1f\n", took[number / 2] * 1e6);
	free(took);
	return 0;
}

static int keep_busy(int port, int n, double seconds, const char *request)
{
	int ready = epoll_create1(0);
	unsigned long replies = 0;
	double began, end;

	for (int i = 0; i < n; i++) {
		int fd = open_connection(port);
		struct epoll_event e = {.events = EPOLLIN, .data.fd = fd};

		epoll_ctl(ready, EPOLL_CTL_ADD, fd, &e);
		/* The first is not counted: processes are started for it. */
		send_all(fd, request);
		receive(fd);
		send_all(fd, request);
	}
	began = now();
	end = began + seconds;
	while (now() < end) {
		struct epoll_event e[64];
		int got = epoll_wait(ready, e, 64, 1000);

		for (int i = 0; i < got; i++) {
			receive(e[i].data.fd);
			send_all(e[i].data.fd, request);
			replies++;
		}
	}
	printf("%.0f\n", (double)replies / (now() - began));
	return 0;
}

int main(int argc, char **argv)
{
	if (argc != 5)
		return 64;
	return strcmp(argv[2], "connect") == 0
		   ? connect_again(atoi(argv[1]), atoi(argv[3]), argv[4])
		   : keep_busy(
			 atoi(argv[1]), atoi(argv[2]), atof(argv[3]), argv[4]);
}
