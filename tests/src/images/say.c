#include <stdio.h>

int main(int count, char **arguments) {
    return count < 2 || puts(arguments[1]) < 0;
}
