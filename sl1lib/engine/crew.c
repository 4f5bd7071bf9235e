// Threads that share tasks: each takes the next one that nobody has begun, so that none waits for another that has
// lost its core.
//
// An update takes a fraction of a millisecond, and to wake a thread that sleeps can take a good part of that. So whoever
// waits here first looks again and again, for PATIENCE nanoseconds at the most, and gives its core to anyone who wants
// it each time; then it sleeps.

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LINE = 64, PATIENCE = 200000 };

typedef void (*Work)(const void *task, void *room);

static struct {
    atomic_int busy;          // whether a thread has this crew: another one that comes meanwhile works alone
    atomic_int left;          // tasks that nobody has begun
    atomic_int undone;        // tasks that are not done
    atomic_int places;        // helpers that may still come
    atomic_uint calls;        // jobs so far
    atomic_int asleep;        // threads that wait for a signal
    const char *end;          // behind the last task
    size_t size;              // of a task
    Work work;
    int hired;
    pthread_mutex_t door;
    pthread_cond_t bell;
} crew = {.door = PTHREAD_MUTEX_INITIALIZER, .bell = PTHREAD_COND_INITIALIZER};

static int64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int called(unsigned seen) { return atomic_load(&crew.calls) != seen; }
static int all_done(unsigned unused) { return (void)unused, atomic_load(&crew.undone) == 0; }

// Wait until `come`: look again and again for a while, letting others have the core, then sleep until the bell rings.
static void await(int (*come)(unsigned), unsigned seen) {
    for (const int64_t until = now() + PATIENCE; now() < until; sched_yield())
        if (come(seen)) return;
    pthread_mutex_lock(&crew.door);
    atomic_fetch_add(&crew.asleep, 1);
    while (!come(seen)) pthread_cond_wait(&crew.bell, &crew.door);
    atomic_fetch_sub(&crew.asleep, 1);
    pthread_mutex_unlock(&crew.door);
}

static void ring(void) {
    if (!atomic_load(&crew.asleep)) return;
    pthread_mutex_lock(&crew.door);
    pthread_cond_broadcast(&crew.bell);
    pthread_mutex_unlock(&crew.door);
}

static void work_off(void *room) {
    for (int left; (left = atomic_fetch_sub(&crew.left, 1)) > 0;) {
        crew.work(crew.end - left * crew.size, room);
        if (atomic_fetch_sub(&crew.undone, 1) == 1) ring();
    }
}

static void *help(void *room) {
    for (unsigned seen = 0;;) {
        await(called, seen);
        seen = atomic_load(&crew.calls);
        if (atomic_fetch_sub(&crew.places, 1) > 0) work_off(room);
    }
    return NULL;
}

static void hire(int helpers, size_t space) {
    while (crew.hired < helpers) {
        pthread_t thread;
        char *room = malloc(space + LINE);
        if (!room || pthread_create(&thread, NULL, help, room + (-(uintptr_t)room & (LINE - 1)))) {
            free(room);
            return;  // fewer helpers do the same
        }
        pthread_detach(thread);
        crew.hired++;
    }
}

static void forget(void) {  // in a copy of a process there are no threads but the one that copied it
    memset(&crew, 0, sizeof crew);
    pthread_mutex_init(&crew.door, NULL);
    pthread_cond_init(&crew.bell, NULL);
}

// Do `count` tasks, each `size` bytes long, in at most `threads` threads, each with `space` bytes of room; that of the
// thread that calls is given. When this returns, all are done, and nobody looks at them any more.
static void share_out(Work work, const void *tasks, size_t count, size_t size, int threads, void *room, size_t space) {
    int nobody = 0;
    if (threads < 2 || count < 2 || !atomic_compare_exchange_strong(&crew.busy, &nobody, 1)) {
        for (size_t n = 0; n < count; n++) work((const char *)tasks + n * size, room);
        return;
    }
    static int known;
    if (!known) known = !pthread_atfork(NULL, NULL, forget);
    hire(threads - 1, space);
    crew.work = work, crew.size = size, crew.end = (const char *)tasks + count * size;
    atomic_store(&crew.undone, (int)count);
    atomic_store(&crew.places, threads - 1);
    atomic_store(&crew.left, (int)count);
    atomic_fetch_add(&crew.calls, 1);
    ring();
    work_off(room);
    await(all_done, 0);
    atomic_store(&crew.busy, 0);
}
