// Lets the threads of crew.c share thousands of small jobs, from two callers at once, and in a copy of the process.

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crew.c"

enum { TASKS = 16, JOBS = 2000 };

typedef struct {
    int64_t work, *times;
} Counted;

static void count(const void *task, void *room) {
    const Counted *counted = task;
    for (int64_t n = 0; n < counted->work; n++) ++*(volatile int64_t *)room;
    ++*counted->times;
}

// Return how many tasks were not done exactly once.
static int jobs(int rounds) {
    int64_t room[8] = {0};
    int wrong = 0;
    for (int round = 0; round < rounds; round++) {
        int64_t times[TASKS] = {0};
        Counted tasks[TASKS];
        for (int n = 0; n < TASKS; n++) tasks[n] = (Counted){round % 7 * 50, times + n};
        const size_t some = (size_t)(round % (TASKS + 1));
        share_out(count, tasks, some, sizeof *tasks, 1 + round % 4, room, sizeof room);
        for (size_t n = 0; n < TASKS; n++) wrong += times[n] != (n < some);
        if (round % 500 == 250) usleep(1000);  // longer than a helper waits awake
    }
    return wrong;
}

static void *other(void *wrong) {
    *(int *)wrong = jobs(JOBS);
    return NULL;
}

int main(int count_of_arguments, char **arguments) {
    (void)arguments;
    if (count_of_arguments > 1) {  // a copy begins without helpers, and hires its own
        jobs(10);
        const pid_t child = fork();
        if (child == 0) _exit(jobs(100) != 0);
        int status = 1;
        waitpid(child, &status, 0);
        puts("copied");
        return status != 0 || jobs(10) != 0;
    }
    pthread_t thread;
    int theirs = 0;
    pthread_create(&thread, NULL, other, &theirs);
    const int mine = jobs(JOBS);
    pthread_join(thread, NULL);
    puts("done");
    return mine || theirs;
}
